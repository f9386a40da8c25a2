/** `slipway build .` and `slipway up .` on a working tree that was never pushed, never even committed. */
import { localRequest } from '@slipway/core/http'
import { check } from '../harness/check.ts'
import type { ScenarioContext } from '../harness/scenario.ts'
import { startSlipway, workingTree, writeApp } from '../harness/slipway.ts'

export const title = 'slipway build and slipway up on a working tree that was never pushed'

export async function run({ scope, say }: ScenarioContext): Promise<void> {
  const slipway = await startSlipway(scope)
  const tree = await workingTree(scope)
  await writeApp(tree, 'never pushed')
  await tree.write('.gitignore', 'secret.txt\n')
  await tree.write('secret.txt', 'not for anyone')

  const built = await slipway.slipway(['build', tree.folder, '--name', 'tree'])
  check(
    'slipway build ends with the image and its digest',
    built.code === 0 && /registry\.localhost:\d+\/demo\/tree@sha256:[0-9a-f]{64}\s*$/.test(built.stdout),
    built.stdout + built.stderr,
  )
  const services = await slipway.tryKubectl(['get', 'ksvc', '-n', 'demo', '-o', 'name'])
  check('and releases nothing', services.stdout === '', services.stdout)
  const again = await slipway.slipway(['build', tree.folder, '--name', 'tree'])
  const digestOf = (text: string) => /@(sha256:[0-9a-f]+)/.exec(text)?.[1]
  check('the same content is the same build', again.code === 0 && digestOf(again.stdout) === digestOf(built.stdout), again.stdout)

  const up = await slipway.slipway(['up', tree.folder, '--name', 'tree'])
  const url = `http://tree.demo.localhost:${slipway.ports.gateway}`
  check('slipway up ends with the URL', up.code === 0 && up.stdout.trimEnd().endsWith(url), up.stdout + up.stderr)
  const answer = await localRequest(url)
  check('which answers', answer.status === 200 && answer.text.startsWith('never pushed '), answer.text)
  const status = await tree.git('status', '--porcelain')
  check(
    "the user's own index and branches were not touched",
    status.includes('?? server.js') && (await tree.git('branch', '--list')) === '',
    status,
  )

  await tree.write('server.js', 'syntax error here\n')
  const broken = await slipway.slipway(['up', tree.folder, '--name', 'tree'])
  check(
    'a tree that does not work ends with code 1 and the reason',
    broken.code === 1 && /SyntaxError/.test(broken.stdout + broken.stderr),
    broken.stdout + broken.stderr,
  )
  check('and what was released goes on', (await localRequest(url)).text.startsWith('never pushed '), '')
  const nowhere = await slipway.slipway(['build', `${tree.folder}/not-there`])
  check('a folder that is not there', nowhere.code === 1 && /not-there/.test(nowhere.stderr), nowhere.stderr)
  say('done')
}
