import { s } from '@slipway/core/api'
import { defineJob } from '@slipway/core/queue'

/** A build that waits for its turn. The uid makes it one job, however often it is put in; namespaces take turns. */
export const buildJob = defineJob({
  queue: 'builds',
  attempts: 5,
  data: s.object({ namespace: s.string(), name: s.string(), uid: s.string() }),
  id: data => data.uid,
  lane: data => data.namespace,
})
