/** The credential-initializer step: mounted secrets become the files in HOME that git, ssh and Docker's clients read. */
import { homedir } from 'node:os'
import { runStep } from '../step/step.ts'
import { credentialKinds, parseUse } from './credential-flags.ts'
import { writeCredentials } from './write-credentials.ts'

const usage = `Lays out credentials in the home folder.

  --basic-git=SECRET=URL     user name and password for git over http
  --ssh-git=SECRET=HOST      key for git over ssh
  --basic-docker=SECRET=URL  user name and password of a registry
  --config-docker=SECRET     a kubernetes.io/dockerconfigjson secret
  --cfg-docker=SECRET        a kubernetes.io/dockercfg secret

  --secrets=DIR  where they are mounted, a folder each; default /var/build-secrets
  --home=DIR     default $HOME`

await runStep({
  usage,
  options: {
    ...Object.fromEntries(credentialKinds.map(kind => [kind, { type: 'string', multiple: true } as const])),
    secrets: { type: 'string' },
    home: { type: 'string' },
  },
  async run(flags) {
    const uses = credentialKinds.flatMap(kind => flags.all(kind).map(value => parseUse(kind, value)))
    const home = flags.get('home') ?? homedir()
    const written = await writeCredentials(uses, flags.get('secrets') ?? '/var/build-secrets', home)
    process.stdout.write(written.length ? `wrote ${written.join(', ')} in ${home}\n` : 'no credentials to lay out\n')
    return undefined
  },
})
