// A function whose module throws while it is loaded.
throw new TypeError('no configuration, as told');
