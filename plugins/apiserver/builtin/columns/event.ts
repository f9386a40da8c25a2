/** Columns of Events, in which Name stands last and only with `-o wide`. Source: printEvent in pkg/printers/internalversion/printers.go */
import type { Column } from '../../served-resource.ts'
import { ageSince } from '../../table/age.ts'
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
  text('Last Seen', lastSeen),
  text('Type', o => o.type ?? ''),
  text('Reason', o => o.reason ?? ''),
  text('Object', target),
  wide('Subobject', o => o.involvedObject.fieldPath ?? ''),
  wide('Source', source),
  text('Message', o => (o.message ?? '').trim()),
  wide('First Seen', firstSeen),
  { ...wide('Count', o => o.series?.count ?? (o.count || 1)) },
  { ...wide('Name', o => o.metadata.name), format: 'name' },
]
