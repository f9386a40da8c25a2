/** Git's own words, as what a user can do about them. */
import { BuildFailure } from '../failure/index.ts'

const rules: { pattern: RegExp; reason: string; hint: string; passing?: true }[] = [
  {
    pattern:
      /couldn't find remote ref|not our ref|unadvertised object|bad revision|unknown revision|invalid refspec|no such remote ref/i,
    reason: 'RevisionNotFound',
    hint: 'check the branch, tag or commit',
  },
  {
    pattern:
      /Authentication failed|could not read (Username|Password)|terminal prompts disabled|HTTP Basic: Access denied|returned error: 40[13]/i,
    reason: 'GitUnauthorized',
    hint: 'annotate a secret with build.knative.dev/git-0 and add it to the service account',
  },
  {
    pattern: /Permission denied \((publickey|password)/i,
    reason: 'GitUnauthorized',
    hint: 'add an ssh-auth secret to the service account',
  },
  {
    pattern: /Host key verification failed/i,
    reason: 'UnknownHostKey',
    hint: 'put the host’s key into the secret’s known_hosts',
  },
  {
    pattern: /repository .* not found|does not appear to be a git repository|Repository not found|returned error: 404/i,
    reason: 'RepositoryNotFound',
    hint: 'check the URL, and that the login may see the repository',
  },
  {
    pattern: /transport '[^']*' not allowed/i,
    reason: 'InvalidGitUrl',
    hint: 'submodules may only use https, http, ssh and git',
  },
  { pattern: /Could not resolve host/i, reason: 'GitUnreachable', hint: 'check the host name', passing: true },
  {
    pattern:
      /Failed to connect|Connection (refused|reset|timed out)|Couldn't connect|early EOF|unexpected disconnect|RPC failed|returned error: (408|429|5\d\d)|Operation timed out|hung up/i,
    reason: 'GitUnreachable',
    hint: 'is the git server up?',
    passing: true,
  },
  { pattern: /No space left on device/i, reason: 'StorageFull', hint: 'free disk space on the node', passing: true },
]

/** Takes user names and passwords out of URLs in a text. */
export const withoutPasswords = (text: string): string => text.replace(/(\w+:\/\/)[^\s/@]+@/g, '$1***@')

/** @param what what was tried: `fetch main from https://…` */
export function gitFailure(what: string, output: string): BuildFailure {
  const lines = withoutPasswords(output)
    .split('\n')
    .map(line => line.replace(/^(fatal|error|remote): /, '').trim())
    .filter(line => line && !/^(hint:|Please make sure|and the repository exists|From |Cloning into)/.test(line))
  const rule = rules.find(r => r.pattern.test(output))
  const telling = rule && lines.find(line => rule.pattern.test(line))
  const said = telling ?? lines.slice(-2).join('; ')
  return new BuildFailure(
    rule?.reason ?? 'GitFailed',
    `cannot ${what}: ${said || 'git said nothing'}${rule ? `; ${rule.hint}` : ''}`,
    {
      blame: rule?.passing ? 'system' : 'user',
    },
  )
}
