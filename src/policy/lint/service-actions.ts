/** A service of the action catalog, compact: the form of the generated file. */
export interface ServiceActionsData {
  readonly service: string;
  /** By resource type, how the sixth component of its ARN begins: `dbuser:`. */
  readonly resources: Readonly<Record<string, string>>;
  /** A line for each action: name, types of resources, condition keys; lists with commas, `-` when empty. */
  readonly actions: string;
}
