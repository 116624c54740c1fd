/** A resource of the template with its local name; properties are resolved as they are asked for. */
export interface ResourceToRead {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The property with every reference in it resolved; undefined when the template leaves it out. */
  readonly property: (key: string) => unknown;
  /** Names of the properties given. */
  readonly properties: readonly string[];
}

/** Gives the resources of one type. */
export type OfType = (type: string) => readonly ResourceToRead[];
