/** Where an installation keeps everything: `--home`, else `SLIPWAY_HOME`, else `~/.slipway`. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface HomePaths {
  dir: string
  kubeconfig: string
  configuration: string
  log: string
  /** Held by the process that runs the installation. */
  lock: string
  plugins: string
}

export function homePaths(given: string | undefined = process.env.SLIPWAY_HOME): HomePaths {
  const dir = resolve(given ?? join(homedir(), '.slipway'))
  return {
    dir,
    kubeconfig: join(dir, 'kubeconfig'),
    configuration: join(dir, 'slipway.yaml'),
    log: join(dir, 'slipway.log'),
    lock: join(dir, 'slipway.pid'),
    plugins: join(dir, 'plugins'),
  }
}
