/** The overview: what is released, what is rolling out, what was built, what runs. Pure: objects in, a page out. */
import { type Condition, conditionOf, type k8s } from '@slipway/core/api'
import type { Build } from '@slipway/core/api/build'
import type { Rollout } from '@slipway/core/api/delivery'
import type { Service } from '@slipway/core/api/serving'
import { type Html, html } from './html.ts'

export interface Overview {
  services: Service[]
  rollouts: Rollout[]
  builds: Build[]
  pods: k8s.Pod[]
  /** Milliseconds since the epoch. */
  now: number
}

const shownBuilds = 20
const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .4rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;vertical-align:top}th{font-weight:600;color:#555}
.True{color:#0a6b2d}.False{color:#b3261e}.Unknown{color:#8a5a00}code{font-size:.9em}small{color:#666}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}th{color:#aaa}th,td{border-color:#333}small{color:#999}.True{color:#6fd08c}.False{color:#ff8a80}.Unknown{color:#e5b567}}`

/** How long ago, in the largest unit that fits. */
export function age(from: string | undefined, now: number): string {
  if (!from) return ''
  const seconds = Math.max(0, Math.round((now - Date.parse(from)) / 1000))
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ]
  const unit = units.find(([size]) => seconds >= size)
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : `${seconds} s`
}

const table = (columns: string[], rows: Html[], none: string): Html =>
  rows.length
    ? html`<table><tr>${columns.map(c => html`<th scope="col">${c}</th>`)}</tr>${rows}</table>`
    : html`<p><small>${none}</small></p>`

const state = (conditions: Condition[] | undefined, type: string): Html => {
  const condition = conditionOf(conditions, type)
  const words: Record<string, string> = {
    True: type,
    False: condition?.reason ?? `not ${type}`,
    Unknown: condition?.reason ?? 'waiting',
  }
  const status = condition?.status ?? 'Unknown'
  return html`<span class="${status}" title="${condition?.message}">${words[status]}</span>`
}

const nameOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
  html`<small>${metadata.namespace}/</small>${metadata.name}`

const serviceRow = (service: Service): Html => {
  const { url, traffic = [], conditions } = service.status ?? {}
  const shares = traffic
    .filter(t => (t.percent ?? 0) > 0)
    .map(t => html`<div><code>${t.revisionName}</code> ${t.percent} %</div>`)
  return html`<tr><td>${nameOf(service)}</td><td>${url ? html`<a href="${url}">${url}</a>` : ''}</td><td>${shares}</td><td>${state(conditions, 'Ready')}</td></tr>`
}
const rolloutRow = (rollout: Rollout): Html => {
  const { phase, stable, candidate, weight, message } = (rollout.status ?? {}) as Record<string, string | number | undefined>
  return html`<tr><td>${nameOf(rollout)}</td><td>${phase}</td><td><code>${stable}</code></td><td><code>${candidate}</code> ${candidate ? `${weight} %` : ''}</td><td>${message}</td></tr>`
}
const buildRow = (build: Build, now: number): Html => {
  const { startTime, completionTime, image, conditions, source } = build.status ?? {}
  const took = startTime && completionTime ? `${Math.round((Date.parse(completionTime) - Date.parse(startTime)) / 1000)} s` : ''
  const message =
    conditionOf(conditions, 'Succeeded')?.status === 'False'
      ? conditionOf(conditions, 'Succeeded')?.message
      : image?.digest?.slice(0, 19)
  return html`<tr><td>${nameOf(build)}</td><td><code>${source?.commit?.slice(0, 8)}</code></td><td>${state(conditions, 'Succeeded')}</td><td>${took}</td><td>${age(build.metadata.creationTimestamp, now)} ago</td><td>${message}</td></tr>`
}
const podRow = (pod: k8s.Pod, now: number): Html => {
  const restarts = (pod.status?.containerStatuses ?? []).reduce((sum, c) => sum + c.restartCount, 0)
  return html`<tr><td>${nameOf(pod)}</td><td>${pod.status?.phase}</td><td>${restarts}</td><td>${pod.status?.podIP}</td><td>${age(pod.metadata.creationTimestamp, now)}</td></tr>`
}

const newestFirst = <T extends { metadata: { creationTimestamp?: string } }>(objects: T[]): T[] =>
  [...objects].sort((a, b) => String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp)))

export function overviewPage({ services, rollouts, builds, pods, now }: Overview): string {
  const running = pods.filter(p => p.status?.phase === 'Running' || p.status?.phase === 'Pending')
  const body = html`<h1>Slipway</h1>
<h2>Services</h2>${table(['Service', 'URL', 'Requests', 'State'], services.map(serviceRow), 'Nothing is released yet. Push something.')}
<h2>Rollouts</h2>${table(['Rollout', 'Phase', 'Stable', 'Candidate', ''], rollouts.map(rolloutRow), 'None.')}
<h2>Builds</h2>${table(
    ['Build', 'Commit', 'State', 'Took', 'When', ''],
    newestFirst(builds)
      .slice(0, shownBuilds)
      .map(b => buildRow(b, now)),
    'None.',
  )}
<h2>Pods</h2>${table(
    ['Pod', 'Phase', 'Restarts', 'Address', 'Age'],
    newestFirst(running).map(p => podRow(p, now)),
    'None runs: everything is at zero.',
  )}`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5"><title>Slipway</title><style>${style}</style></head><body>${body.html}</body></html>`
}
