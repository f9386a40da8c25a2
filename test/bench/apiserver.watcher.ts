/** Watches ConfigMaps in a process of its own, and says how long after its sending each one was seen: milliseconds, by the machine's clock. */

import { k8s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import type { ApiConnection } from '@slipway/core/plugin'

const [, , text, namespace] = process.argv
const api = connectApi(JSON.parse(text!) as ApiConnection)
const delays: number[] = []
process.on('message', message => {
  if (message === 'start') delays.length = 0
  else process.send!(delays)
})
const { resourceVersion } = (await api.list(k8s.ConfigMap, { namespace: namespace!, limit: 1 })).metadata
setTimeout(() => process.send!('watching'), 300)
const options = { namespace: namespace!, ...(resourceVersion && { resourceVersion }), signal: new AbortController().signal }
for await (const { object } of api.watch(k8s.ConfigMap, options)) {
  const sent = Number(object.data?.sent)
  if (sent) delays.push(performance.timeOrigin + performance.now() - sent)
}
