/**
 * Types of bodies that routes of the HTTP door take beside application/json. Such a body is handed on as it is, encoded: lines of
 * text, forms, or JSON that states its form in its type.
 */
export const ENCODED_TYPES = [
  'text/plain',
  'text/csv',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'application/senml+json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const;
