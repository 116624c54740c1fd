// Style sheets are bundled into one file: an import of one has no value.
declare module '*.css';
