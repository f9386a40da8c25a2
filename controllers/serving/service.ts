import { Configuration, Route, Service } from '@slipway/core/api/serving'
import { reconciler } from '@slipway/core/runtime'
import { desiredService, type ServiceView } from './service.desired.ts'

export const serviceReconciler = reconciler<Service, ServiceView>({
  name: 'service-controller',
  kind: Service,
  owns: [Configuration, Route],
  observe: (service, read) => {
    const { namespace, name } = service.metadata
    return { service, configuration: read.get(Configuration, namespace, name), route: read.get(Route, namespace, name) }
  },
  desired: desiredService,
})
