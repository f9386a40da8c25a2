/** `slipway logs build/NAME`: the log of a build, live while it runs. */
import { Build } from '../api/build/index.ts'
import { conditionOf } from '../api/conditions.ts'
import { buildProgress } from '../delivery/index.ts'
import { findInstallation } from './installation.ts'
import { print, printError } from './print.ts'
import { defaultNamespace } from './tree/target.ts'

export interface LogsOptions {
  home?: string
  namespace?: string
}

export async function logs(what: string, { home, namespace = defaultNamespace }: LogsOptions): Promise<number> {
  const [, name] = /^builds?\/(.+)$/.exec(what) ?? []
  if (!name) throw new Error(`${what}: write it as build/NAME; the log of a pod is shown by kubectl logs`)
  const { api } = await findInstallation(home)
  try {
    await api.get(Build, { namespace, name })
    const progress = buildProgress(api, { namespace, name })
    for (;;) {
      const { done, value } = await progress.next()
      if (!done) print(value)
      else {
        const succeeded = conditionOf(value?.status?.conditions, 'Succeeded')
        if (succeeded?.status === 'False') printError(succeeded.message ?? succeeded.reason ?? 'the build failed')
        return succeeded?.status === 'True' ? 0 : 1
      }
    }
  } finally {
    await api.close()
  }
}
