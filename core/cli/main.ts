#!/usr/bin/env node
/** The `slipway` command. Each subcommand has a file; they are loaded when they are called, so that `--help` is quick. */
import { Command } from 'commander'
import { isStatus } from '../api/status-error.ts'
import { printError } from './print.ts'

const program = new Command('slipway')
  .description('From git push to a running, traffic-split release.')
  .version('0.1.0')
  .option('--home <folder>', 'where everything is kept (default: $SLIPWAY_HOME, else ~/.slipway)')
  .showHelpAfterError()

const home = () => program.opts<{ home?: string }>()
const finish = (code: number) => process.exit(code)

program
  .command('start')
  .description('run Slipway on this machine')
  .option('--config <file>', 'configuration (default: slipway.yaml in the home folder)')
  .option('--no-tour', 'never take the tour, not even on the first start')
  .option('--tour', 'push a sample twice and watch it being built, released and promoted')
  .option('--exit', 'stop after the tour')
  .action(async options => finish(await (await import('./start.ts')).start({ ...home(), ...options })))

const collect = (value: string, before: string[] = []) => [...before, value]

program
  .command('up')
  .description('build and release a working tree that was never pushed')
  .argument('[folder]', 'the working tree', '.')
  .option('-n, --namespace <namespace>', 'default: demo')
  .option('--name <name>', "default: the folder's name")
  .action(async (folder, options) => finish(await (await import('./tree/up.ts')).up(folder, { ...home(), ...options })))

program
  .command('build')
  .description('build a working tree that was never pushed; releases nothing')
  .argument('[folder]', 'the working tree', '.')
  .option('-n, --namespace <namespace>', 'default: demo')
  .option('--name <name>', "default: the folder's name")
  .option('--template <name>', 'a ClusterBuildTemplate (default: buildah where there is a Dockerfile, else layers)')
  .option('--image <name>', 'where the image goes, without a tag')
  .option('--arg <NAME=VALUE>', 'an argument for the template; may be repeated', collect)
  .action(async (folder, options) => finish(await (await import('./tree/build.ts')).build(folder, { ...home(), ...options })))

program
  .command('logs')
  .description('the log of a build, live while it runs')
  .argument('<build/NAME>')
  .option('-n, --namespace <namespace>', 'default: demo')
  .action(async (what, options) => finish(await (await import('./logs.ts')).logs(what, { ...home(), ...options })))

program
  .command('clean')
  .description('stop and remove everything that Slipway left on this machine: containers, networks, and its data')
  .option('--keep-data', 'keep objects, images and repositories')
  .option('--yes', 'do not ask')
  .action(async options => finish(await (await import('./clean.ts')).clean({ ...home(), ...options })))

program
  .command('run', { hidden: true })
  .argument('<profile>')
  .option('--config <file>')
  .option('--kubeconfig <file>')
  .option('--api-socket <path>')
  .option('--stats-url <url>')
  .action(async (profile, options) => finish(await (await import('./run.ts')).run(profile, { ...home(), ...options })))

program.parseAsync().catch(error => {
  printError(isStatus(error) ? `${error.message} (${error.reason})` : error instanceof Error ? error.message : String(error))
  if (process.env.SLIPWAY_DEBUG) console.error(error)
  process.exit(1)
})
