// What the API of event source mappings refuses, by the names and status codes it has for it.

const STATUS = {
  InvalidParameterValueException: 400,
  ResourceInUseException: 400,
  ResourceNotFoundException: 404,
  ResourceConflictException: 409,
} as const;

export class MappingServiceError extends Error {
  readonly statusCode: number;

  constructor(code: keyof typeof STATUS, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = code;
    this.statusCode = STATUS[code];
  }
}
