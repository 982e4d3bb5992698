/** What the gateway made up for itself and has to know again: the same for all gateways on one store. */
export interface Secrets {
  /** Keeps a secret under a name, unless there is one: the first writer's stays. Answers the one that stays. */
  keep(name: string, value: string): Promise<string>
}
