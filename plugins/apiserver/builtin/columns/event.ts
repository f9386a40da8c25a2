/** Columns of Events, in which Name stands last and only with `-o wide`. Source: printEvent in pkg/printers/internalversion/printers.go */
import type { Column } from '../../served-resource.ts'
import { ageSince } from '../../table/age.ts'
import { nameColumn } from '../../table/table.ts'
import { type Loose, text, wide } from './column.ts'

const firstSeen = (o: Loose, now: number) => ageSince(o.firstTimestamp ?? o.eventTime, now)
const lastSeen = (o: Loose, now: number) => {
  if (o.series) return ageSince(o.series.lastObservedTime, now)
  return o.lastTimestamp ? ageSince(o.lastTimestamp, now) : firstSeen(o, now)
}
const target = ({ involvedObject: { kind = '', name } }: Loose) => (name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase())
const source = (o: Loose) => {
  const component = o.source?.component || o.reportingComponent || ''
  const instance = o.source?.host || o.reportingInstance || ''
  return instance ? `${component}, ${instance}` : component
}

/** Cells read core/v1 events; objects of events.k8s.io are given as they are stored. */
export const eventColumns: Column[] = [
  text('Last Seen', lastSeen, '@core.v1.Event/lastTimestamp'),
  text('Type', o => o.type ?? '', '@core.v1.Event/type'),
  text('Reason', o => o.reason ?? '', '@core.v1.Event/reason'),
  text('Object', target, '@core.v1.Event/involvedObject'),
  wide('Subobject', o => o.involvedObject.fieldPath ?? '', '@core.v1.ObjectReference/fieldPath'),
  wide('Source', source, '@core.v1.Event/source'),
  text('Message', o => (o.message ?? '').trim(), '@core.v1.Event/message'),
  wide('First Seen', firstSeen, '@core.v1.Event/firstTimestamp'),
  { ...wide('Count', o => o.series?.count ?? (o.count || 1), '@core.v1.Event/count') },
  { ...nameColumn, priority: 1 },
]
