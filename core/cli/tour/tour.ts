/**
 * The tour: push 1 → build → revision 1 → answers; push 2 → revision 2 at 20 % → promoted. On a real repository, with real git, and
 * nothing is said that was not observed.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Build } from '../../api/build/index.ts'
import { Namespace } from '../../api/builtin.ts'
import { conditionOf } from '../../api/conditions.ts'
import { Repository } from '../../api/delivery/index.ts'
import { Service } from '../../api/serving/index.ts'
import { type ApiClient, connectApi } from '../../client/index.ts'
import { countAnswers, localRequest } from '../../http/local-request.ts'
import { ApiConnection, GitEndpoint } from '../../plugin/index.ts'
import { dim, print, printError } from '../print.ts'
import type { Running } from '../start.ts'
import { createSample, sampleFolder } from './sample.ts'
import { type Stages, showStages } from './stages.ts'
import { waitFor } from './wait.ts'

const namespace = 'demo'
const name = 'hello'
const ref = { namespace, name }
const requests = 1000

/** True on an installation in which nothing was ever pushed. */
export async function isFirstStart({ host }: Running): Promise<boolean> {
  const api = connectApi(host.get(ApiConnection))
  try {
    return (await api.list(Repository, { limit: 1 })).items.length === 0
  } finally {
    await api.close()
  }
}

async function prepare(api: ApiClient): Promise<void> {
  const repository = parse(await readFile(join(sampleFolder, 'repository.yaml'), 'utf8')) as Repository
  await api.apply(Namespace, { metadata: { name: namespace } }, { fieldManager: 'slipway-tour' })
  await api.apply(Repository, repository, { fieldManager: 'slipway-tour' })
}

const revisionIn = (text: string) => /\((.+)\)/.exec(text)?.[1] ?? text.trim()
const isReady = (service: Service) => conditionOf(service.status?.conditions, 'Ready')?.status === 'True'
const shareOf = (service: Service, revision: string) =>
  (service.status?.traffic ?? []).filter(t => t.revisionName === revision).reduce((sum, t) => sum + (t.percent ?? 0), 0)

const succeeded = (build: Build): boolean => {
  const condition = conditionOf(build.status?.conditions as Parameters<typeof conditionOf>[0], 'Succeeded')
  if (condition?.status === 'False') throw new Error(`the build failed: ${condition.message}`)
  return condition?.status === 'True'
}
/** The build of a commit, done. */
async function buildOf(api: ApiClient, commit: string): Promise<Build> {
  const { items } = await api.list(Build, { namespace })
  const build = items.find(b => b.spec.source?.git?.revision === commit)
  if (!build) throw new Error(`no Build of commit ${commit.slice(0, 8)} was made`)
  return waitFor(api, Build, build.metadata, 'the build', succeeded)
}
/** The revision that a commit became. */
async function revisionOf(api: ApiClient, commit: string): Promise<string> {
  const branchOf = (repository: Repository) => repository.status?.branches?.find(branch => branch.commit === commit)
  const repository = await waitFor(api, Repository, ref, 'the revision of the commit', seen => {
    const branch = branchOf(seen)
    if (branch?.result === 'Failed') throw new Error(`the release failed: ${branch.message ?? branch.reason}`)
    return branch?.revision !== undefined
  })
  return branchOf(repository)!.revision!
}
const describeBuild = (build: Build) => `${build.metadata.name} → ${build.status?.image?.digest?.slice(0, 19) ?? 'no digest'}…`

async function firstPush(
  api: ApiClient,
  stages: Stages,
  push: (text: string) => Promise<{ commit: string }>,
): Promise<{ url: string; revision: string }> {
  const { commit } = await stages.run(
    'push 1: git push',
    () => push('Hello from push 1'),
    ({ commit }) => commit.slice(0, 8),
  )
  await stages.run('push 1: built', () => buildOf(api, commit), describeBuild)
  const revision = await stages.run(
    'push 1: revision made',
    () => revisionOf(api, commit),
    text => text,
  )
  // The first release takes all requests at once; a tour that is taken again waits for its canary.
  const service = await stages.run('push 1: released', () =>
    waitFor(api, Service, ref, 'the Service is Ready', s => isReady(s) && shareOf(s, revision) === 100, 120_000),
  )
  const url = service.status!.url!
  await stages.run(
    'push 1: answers',
    async () => {
      const { status, text } = await localRequest(url)
      if (status !== 200 || !text.includes('push 1')) throw new Error(`${url} answered ${status}: ${text.slice(0, 200)}`)
      return text.trim()
    },
    text => `${url} says “${text}”`,
  )
  return { url, revision }
}

async function secondPush(
  api: ApiClient,
  stages: Stages,
  first: { url: string; revision: string },
  push: (text: string) => Promise<{ commit: string }>,
): Promise<void> {
  const { url, revision: stable } = first
  const { commit } = await stages.run(
    'push 2: git push',
    () => push('Hello from push 2'),
    ({ commit }) => commit.slice(0, 8),
  )
  await stages.run('push 2: built', () => buildOf(api, commit), describeBuild)
  const candidate = await stages.run(
    'push 2: revision made',
    () => revisionOf(api, commit),
    text => text,
  )
  await stages.run('push 2: canary at 20 %', () =>
    waitFor(
      api,
      Service,
      ref,
      'the canary has 20 %',
      service => isReady(service) && shareOf(service, stable) === 80 && shareOf(service, candidate) === 20,
    ),
  )
  await stages.run(
    `push 2: ${requests} requests counted`,
    async () => {
      const counts = await countAnswers(url, requests, revisionIn)
      const share = counts.get(candidate) ?? 0
      const others = requests - share - (counts.get(stable) ?? 0)
      if (Math.abs(share - requests / 5) > requests / 100 || others)
        throw new Error(`wanted 200 ± 10 from the canary, counted ${JSON.stringify(Object.fromEntries(counts))}`)
      return { share }
    },
    ({ share }) => `${requests - share} from ${stable}, ${share} from ${candidate}`,
  )
  await stages.run(
    'push 2: promoted',
    () =>
      waitFor(
        api,
        Service,
        ref,
        'the canary has 100 %',
        service => isReady(service) && shareOf(service, candidate) === 100,
        120_000,
      ),
    () => candidate,
  )
  await stages.run('push 2: all requests see it', async () => {
    const counts = await countAnswers(url, 100, revisionIn)
    if (counts.get(candidate) !== 100) throw new Error(`counted ${JSON.stringify(Object.fromEntries(counts))}`)
  })
}

/** @returns 0 when every stage was observed, else 1 */
export async function tour({ host, log }: Running): Promise<number> {
  const api = connectApi(host.get(ApiConnection), { userAgent: 'slipway-tour' })
  const remote = `http://localhost:${host.get(GitEndpoint).port}/${namespace}/${name}.git`
  const sample = await createSample(remote)
  const stages = showStages('The tour: two pushes to a sample repository')
  let said = ''
  const push = async (text: string) => {
    // A commit of its own each time, also when the tour is taken again.
    const pushed = await sample.push(text)
    said = pushed.output
    return pushed
  }
  try {
    await stages.run(
      'sample repository',
      () => prepare(api),
      () => remote,
    )
    await secondPush(api, stages, await firstPush(api, stages, push), push)
    return 0
  } catch (error) {
    log.error({ err: error }, 'the tour failed')
    printError(`the tour stopped: ${error instanceof Error ? error.message : error}`)
    if (said) print(dim(said.trim().replace(/^/gm, '    ')))
    return 1
  } finally {
    await sample.remove()
    await api.close()
  }
}
