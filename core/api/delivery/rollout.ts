/**
 * Rollout: takes a Service's newest revision to all requests in steps, or back. One a Service; it lives as long as the Service does and
 * works off one candidate after another. A newer candidate replaces the one under way: the steps begin again, the stable revision stays.
 * While a Rollout exists it is the only writer of the Service's `spec.traffic`.
 */
import { type Condition, conditionsSchema } from '../conditions.ts'
import { at, child, type FieldError, invalid, required } from '../field-error.ts'
import { parseDuration } from '../formats.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { type Infer, s } from '../schema.ts'

/** What the candidate's figures must be. Shares are of 100, so that they stay whole numbers. */
const thresholds = {
  maxErrorPercent: s.number().min(0).max(100).default(5).describe('Answers of 5xx, in percent of all, that are still accepted.'),
  minRequests: s.int().min(1).default(20).describe('Fewer requests than this within the window decide nothing.'),
  window: s.duration().default('30s').describe('How far back the figures reach.'),
}
const analysis = s.object({
  ...thresholds,
  duration: s.duration().default('60s').describe('How long the figures must hold before the next step.'),
})
const step = s
  .object({
    setWeight: s.int().min(0).max(100).optional().describe('Percent of requests that the candidate gets.'),
    pause: s
      .object({ duration: s.duration().optional() })
      .optional()
      .describe('Waits: for the duration, or for a `resume` request where there is none.'),
    analysis: analysis.optional().describe('Goes on only if the figures hold for the duration; rolls back otherwise.'),
  })
  .describe('Exactly one of setWeight, pause, analysis.')
export const rolloutSteps = () => s.array(step)

const rolloutFields = {
  steps: rolloutSteps()
    .default([{ setWeight: 20 }, { pause: { duration: '60s' } }])
    .describe('After the last step the candidate gets all requests.'),
  progressDeadline: s
    .duration()
    .default('10m')
    .describe('A candidate that is not Ready after this is rolled back; pauses do not count.'),
  guard: s
    .object({ enabled: s.boolean().default(true), ...thresholds })
    .optional()
    .describe('Watched during all steps; beyond the threshold the candidate is rolled back at once.'),
}

const spec = s.object({
  serviceRef: s.object({ name: s.string().min(1) }),
  ...rolloutFields,
  paused: s.boolean().default(false).describe('Holds the Rollout where it is; the clock of its step stands still.'),
  request: s
    .object({
      id: s.string().min(1).describe('A request is carried out once; a new id makes a new request.'),
      action: s.enum('resume', 'promote', 'abort', 'retry'),
      revision: s.string().optional().describe('Only if this is the candidate; absent: whichever it is.'),
      by: s.string().optional(),
    })
    .optional()
    .describe('What a person asks for: end a pause, promote at once, roll back, or try a rolled-back candidate again.'),
})

export const Rollout = defineKind({
  group: 'slipway.dev',
  version: 'v1alpha1',
  kind: 'Rollout',
  shortNames: ['ro'],
  categories: ['all', 'slipway'],
  description: "Takes a Service's newest revision to all requests in steps, or back.",
  columns: [
    { name: 'Service', type: 'string', jsonPath: '.spec.serviceRef.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Step', type: 'string', jsonPath: '.status.step' },
    { name: 'Weight', type: 'integer', jsonPath: '.status.weight' },
    { name: 'Stable', type: 'string', jsonPath: '.status.stableRevision' },
    { name: 'Candidate', type: 'string', jsonPath: '.status.candidateRevision' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec,
  status: s.object({
    observedGeneration: s.int().optional(),
    phase: s.enum('Pending', 'Progressing', 'Paused', 'Healthy', 'Degraded').optional(),
    message: s.string().optional(),
    stableRevision: s.string().optional(),
    candidateRevision: s.string().optional(),
    rejectedRevision: s.string().optional().describe('The candidate that was rolled back last; it is not tried again unasked.'),
    /** Such as `1/2`, for people. */
    step: s.string().optional(),
    stepIndex: s.int().optional(),
    stepStartedAt: s.time().optional(),
    candidateSince: s.time().optional(),
    pausedAt: s.time().optional(),
    weight: s.int().optional().describe('Percent of requests that the candidate gets now.'),
    handledRequest: s.string().optional(),
    conditions: conditionsSchema(),
    history: s
      .array(
        s.object({
          revision: s.string(),
          outcome: s.enum('Promoted', 'RolledBack', 'Replaced'),
          reason: s.string().optional(),
          message: s.string().optional(),
          finishedAt: s.time(),
        }),
      )
      .optional()
      .describe('The last ten candidates, newest first.'),
  }),
  validate: rollout => validateRolloutSteps(rollout.spec.steps, 'spec.steps'),
})
export type Rollout = KindOf<typeof Rollout>
export type RolloutStep = Infer<typeof step>
export type RolloutStatus = NonNullable<Rollout['status']>
export type { Condition }

/** What a schema cannot say of steps: exactly one action each, and durations that are not negative. */
export function validateRolloutSteps(steps: RolloutStep[], path: string): FieldError[] {
  return steps.flatMap((one, i) => {
    const where = at(path, i)
    const actions = (['setWeight', 'pause', 'analysis'] as const).filter(action => one[action] !== undefined)
    if (actions.length === 0) return [required(where, 'one of setWeight, pause, analysis')]
    if (actions.length > 1) return [invalid(where, actions.join(', '), 'a step takes only one of setWeight, pause, analysis')]
    const durations = [
      ['pause.duration', one.pause?.duration],
      ['analysis.duration', one.analysis?.duration],
      ['analysis.window', one.analysis?.window],
    ] as const
    return durations.flatMap(([name, text]) =>
      text !== undefined && isNegative(text) ? [invalid(child(where, name), text, 'must not be negative')] : [],
    )
  })
}
/** The schema reports what is no duration at all. */
function isNegative(text: string): boolean {
  try {
    return parseDuration(text) < 0
  } catch {
    return false
  }
}
