/** A node in a process of its own, to be killed: it reads its pods from the API in memory of its parent, over a pipe of JSON lines. */
import { createInterface } from 'node:readline'
import { k8s } from '@slipway/core/api'
import { silentLog } from '@slipway/core/observe'
import { startNode } from '../node.ts'
import { fakeApi } from './fake-api.ts'
import { kubeletToken } from './node-fixture.ts'

const [dataDir, layout] = process.argv.slice(2) as [string, string]
const api = fakeApi()
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

for await (const line of createInterface({ input: process.stdin })) {
  const { pods } = JSON.parse(line) as { pods: k8s.Pod[] }
  for (const pod of pods) api.put(k8s.Pod, pod)
  break
}
const node = await startNode({
  api,
  log: silentLog,
  dataDir,
  settings: { schedule: true, name: 'test-node', namespacesAhead: 1 },
  kubeletToken,
})
if (!node.images.find('busybox:test')) await node.images.importLayout(layout)
say({ up: true })
const stop = new AbortController()
for (const pod of api.all(k8s.Pod)) say({ pod })
for await (const { type, object } of api.watch(k8s.Pod, { signal: stop.signal })) say({ type, pod: object })
