/** A real Kubernetes cannot be had on this machine: tests are skipped, saying this reason and what would help. */
export class KubernetesUnavailable extends Error {
  readonly reason: 'NoToolchain' | 'BuildFailed' | 'NotRoot' | 'NotLinux' | 'MissingProgram'
  constructor(reason: KubernetesUnavailable['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'KubernetesUnavailable'
    this.reason = reason
  }
}
