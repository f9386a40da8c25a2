/** URL paths of the case's own namespace, so that rows stay short. */
const below =
  (prefix: string) =>
  (resource: string, ...more: string[]) =>
    [`${prefix}/namespaces/{ns}/${resource}`, ...more].join('/').replace(/\/\?/, '?')

/** `core('configmaps', 'a')` is `/api/v1/namespaces/{ns}/configmaps/a`. */
export const core = below('/api/v1')
export const apps = below('/apis/apps/v1')
export const batch = below('/apis/batch/v1')
export const policy = below('/apis/policy/v1')
export const autoscaling = below('/apis/autoscaling/v2')
export const discovery = below('/apis/discovery.k8s.io/v1')
export const coordination = below('/apis/coordination.k8s.io/v1')
export const networking = below('/apis/networking.k8s.io/v1')
export const rbac = below('/apis/rbac.authorization.k8s.io/v1')
export const contractGroup = 'contract.slipway.dev'
/** The custom resources of fixtures.ts. */
export const custom = below(`/apis/${contractGroup}/v1`)
export const gadgets = `/apis/${contractGroup}/v1/gadgets`
export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
