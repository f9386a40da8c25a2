/** An API server with what the data plane needs to route to one app: `data-plane.objects.ts DIR PORT APP_PORT HOST` */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { k8s, objectOf } from '@slipway/core/api'
import { allKinds } from '@slipway/core/api/kinds'
import { Ingress, labels, Revision } from '@slipway/core/api/serving'
import { connectApi } from '@slipway/core/client'
import { createApiServer } from '@slipway/plugin-apiserver/server'

const [dir = '', port, appPort, host = ''] = process.argv.slice(2)
const namespace = 'demo'
const name = 'bench-00001'
const server = await createApiServer({
  dataDir: join(dir, 'apiserver'),
  port: Number(port),
  kinds: allKinds,
  kubeconfig: join(dir, 'kubeconfig'),
})
const api = connectApi(server.connection)
await api.create(k8s.Namespace, objectOf(k8s.Namespace, { metadata: { name: namespace } }))
await api.create(
  Revision,
  objectOf(Revision, {
    metadata: { name, namespace },
    spec: { containers: [{ name: 'user-container', image: 'app', ports: [{ containerPort: Number(appPort) }] }] },
  } as never),
)
const pod = await api.create(
  k8s.Pod,
  objectOf(k8s.Pod, {
    metadata: { name: `${name}-pod`, namespace, labels: { [labels.revision]: name } },
    spec: { containers: [{ name: 'user-container', image: 'app' }] },
  } as never),
)
const status = { phase: 'Running', podIP: '127.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] }
await api.patch(k8s.Pod, pod.metadata, 'merge', { status }, { subresource: 'status' })
await api.create(
  Ingress,
  objectOf(Ingress, {
    metadata: { name: 'bench', namespace },
    spec: {
      httpOption: 'Enabled',
      rules: [
        {
          hosts: [host],
          visibility: 'ExternalIP',
          http: { paths: [{ splits: [{ serviceNamespace: namespace, serviceName: name, servicePort: 80, percent: 100 }] }] },
        },
      ],
    },
  }),
)
await writeFile(join(dir, 'objects-ready'), 'yes')
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)))
