/** Keeps the table of routes current, and says in each Ingress's status that it is live. */
import { isStatus } from '@slipway/core/api'
import type { Ingress } from '@slipway/core/api/serving'
import type { Api, Informer } from '@slipway/core/client'
import type { Clock, Log } from '@slipway/core/observe'
import { sameJson } from '@slipway/core/runtime'
import { ingressKind } from './ingress-kind.ts'
import { ingressStatus } from './ingress-status.ts'
import { compileRoutes, emptyTable, type RouteTable, type Splits } from './routes.ts'

export interface IngressWatchOptions {
  api: Api
  informer: Informer<Ingress>
  log: Log
  clock: Clock
  /** The `networking.knative.dev/ingress.class` that is served; an Ingress without one is served too. */
  ingressClass: string
  external: string
  internal: string
}
export interface IngressWatch {
  readonly table: RouteTable
  stop(): void
}

const classAnnotation = 'networking.knative.dev/ingress.class'
const retryMs = 500

export function watchIngresses(options: IngressWatchOptions): IngressWatch {
  const { api, informer, log, clock, ingressClass } = options
  let table = emptyTable
  let splits: Splits = new Map()
  let planned = false
  let stopped = false
  const retries = new Set<() => void>()

  const isOurs = ({ metadata: { annotations } }: Ingress) => (annotations?.[classAnnotation] ?? ingressClass) === ingressClass
  const compile = () => {
    planned = false
    if (stopped || !informer.hasSynced) return
    const ours = informer.list().filter(ingress => isOurs(ingress) && !ingress.metadata.deletionTimestamp)
    ;({ table, splits } = compileRoutes(ours, splits))
    // Only now: a status must never be ahead of the table.
    for (const ingress of ours) void report(ingress)
  }
  const plan = () => {
    if (planned || stopped) return
    planned = true
    setImmediate(compile)
  }

  async function report(ingress: Ingress): Promise<void> {
    const { namespace, name } = ingress.metadata
    const conflict = table.conflicts.get(`${namespace}/${name}`)
    const { external, internal } = options
    const status = ingressStatus({ ingress, conflict, external, internal }, clock.now())
    if (sameJson(status, ingress.status)) return
    try {
      informer.observe(await api.updateStatus(ingressKind, { ...ingress, status }))
    } catch (error) {
      // Stale or gone: the informer brings the newer state, and with it another look.
      if (stopped || isStatus(error, 'Conflict') || isStatus(error, 'NotFound')) return
      log.warn({ err: error, ingress: `${namespace}/${name}` }, 'could not write the status of an Ingress; trying again')
      const cancel = clock.after(retryMs, () => {
        retries.delete(cancel)
        plan()
      })
      retries.add(cancel)
    }
  }

  const off = informer.onChange(plan)
  void informer.synced.then(plan)
  return {
    get table() {
      return table
    },
    stop() {
      stopped = true
      off()
      for (const cancel of retries) cancel()
    },
  }
}
