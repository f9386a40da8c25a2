/**
 * The CEL that CRDs may use: the language, Kubernetes' library of functions, `self` and `oldSelf`. The only file that imports the CEL library,
 * and only when the first rule is met: most servers never see one.
 * Source: https://kubernetes.io/docs/reference/using-api/cel/
 */
import { createRequire } from 'node:module'
import type { Environment } from '@marcbachmann/cel-js'
import { kubernetesFunctions, kubernetesTypes } from './functions.ts'

export type CelProgram = (context: Record<string, unknown>) => unknown

interface CelModule {
  Environment: typeof Environment
}

let shared: Record<'plain' | 'optional', Environment> | undefined

function environments(): NonNullable<typeof shared> {
  if (shared) return shared
  const cel = createRequire(import.meta.url)('@marcbachmann/cel-js') as CelModule
  const base = new cel.Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    // Rules are written by whoever may create CRDs: bounded, as kube-apiserver bounds their cost.
    limits: { maxAstNodes: 20_000, maxDepth: 200 },
  })
  base.registerVariable('self', 'dyn')
  for (const [name, type] of Object.entries(kubernetesTypes)) base.registerType(name, type)
  for (const [signature, run] of Object.entries(kubernetesFunctions)) base.registerFunction(signature, run)
  return (shared = {
    plain: base.clone().registerVariable('oldSelf', 'dyn'),
    optional: base.clone().registerVariable('oldSelf', 'optional<dyn>'),
  })
}

/**
 * Parses and type-checks an expression.
 * @param result what it must give, such as `bool`; an expression of unknown type passes
 * @param optionalOldSelf whether `oldSelf` is an optional (see `optionalCel`)
 * @throws Error in CEL's words
 */
export function compileCel(expression: string, result: 'bool' | 'string', optionalOldSelf = false): CelProgram {
  const program = environments()[optionalOldSelf ? 'optional' : 'plain'].parse(expression)
  const checked = program.check()
  if (!checked.valid) throw checked.error ?? new Error('the expression does not compile')
  if (checked.type !== result && checked.type !== 'dyn')
    throw new Error(`must evaluate to a ${result === 'bool' ? 'bool' : 'string'}`)
  return context => program(context)
}

/** What `oldSelf` is under `optionalOldSelf`: nothing, or something that may be asked for by `hasValue()` and `value()`. */
export const optionalCel = (value: unknown): unknown =>
  value === undefined
    ? environments().plain.evaluate('optional.none()')
    : environments().plain.evaluate('optional.of(self)', { self: value })

/** The first line of an error: the library adds a drawing of where it is. */
export const celMessage = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()
