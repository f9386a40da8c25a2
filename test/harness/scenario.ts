/** What a scenario under test/e2e or test/chaos gets; each is a file that exports `title` and `run`. */
import type { Scope } from './scope.ts'

export interface ScenarioContext {
  /** Everything that the scenario starts; closed when it ends, however it ends. */
  scope: Scope
  /** Prints what was observed. */
  say(text: string): void
}
export interface Scenario {
  title: string
  run(context: ScenarioContext): Promise<void>
}
