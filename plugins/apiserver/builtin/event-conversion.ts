/** Events of events.k8s.io/v1 are the core group's Events under other names. Source: k8s.io/kubernetes pkg/apis/events/v1/conversion.go */
import type { KubeObject } from '@slipway/core/api'
import type { Column, ServedResource } from '../served-resource.ts'
import { eventColumns } from './columns/event.ts'

/** Core name to events.k8s.io name. */
const names: Record<string, string> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
}
const coreNames = Object.fromEntries(Object.entries(names).map(([core, other]) => [other, core]))

const renamed = (object: KubeObject, table: Record<string, string>, apiVersion: string): KubeObject => ({
  ...(Object.fromEntries(
    Object.entries(object).map(([field, value]) => [table[field] ?? field, value]),
  ) as unknown as KubeObject),
  apiVersion,
})

const toStorage = (object: KubeObject): KubeObject => {
  const core = renamed(object, coreNames, 'v1') as KubeObject & Record<string, unknown>
  return {
    reportingComponent: '',
    reportingInstance: '',
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    ...core,
  } as KubeObject
}

/** Unlike the core group's, these fields vanish when they are empty. */
function fromStorage(stored: KubeObject): KubeObject {
  const event = renamed(stored, names, 'events.k8s.io/v1') as KubeObject & Record<string, unknown>
  for (const field of ['reportingController', 'reportingInstance']) if (event[field] === '') delete event[field]
  return event
}

export const eventConversion: Partial<ServedResource> = {
  storageVersion: 'v1',
  storageKey: 'events',
  toStorage,
  fromStorage,
  columns: eventColumns.map(
    (column): Column => ({ ...column, cell: (object, now) => column.cell!(renamed(object, coreNames, 'v1'), now) }),
  ),
}
