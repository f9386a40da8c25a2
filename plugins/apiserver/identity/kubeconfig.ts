/** The kubeconfig that users get: one cluster, one user, one context, all named alike. JSON is YAML, but people read this one. */
export interface KubeconfigOptions {
  url: string
  /** PEM. */
  ca: string
  token: string
  name?: string
}

export const kubeconfigText = ({ url, ca, token, name = 'slipway' }: KubeconfigOptions): string => `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${url}
    certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
- name: ${name}
  user:
    token: ${token}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
`
