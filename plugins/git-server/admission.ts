/** May this repository be pushed to, and by whom? Namespaces and Repository objects are made at the first push where the configuration allows it. */
import { isStatus, k8s, objectOf } from '@slipway/core/api'
import { Repository } from '@slipway/core/api/delivery'
import type { Api } from '@slipway/core/client'
import { nameProblem } from '@slipway/core/delivery'
import type { RepositoryName } from './repositories.ts'

/** Refused, in words for the person who pushes. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: 'InvalidName' | 'NotFound' | 'Unavailable' | 'Unauthorized' | 'TooLarge' | 'BadRequest'
  constructor(status: number, reason: Refusal['reason'], message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** @throws Refusal InvalidName */
export function checkNames({ namespace, name }: RepositoryName): void {
  const problem = nameProblem('namespace', namespace) ?? nameProblem('repository', name)
  if (problem) throw new Refusal(400, 'InvalidName', problem)
}

export interface Admission {
  /** @throws Refusal when a push would be refused; makes nothing */
  check(repository: RepositoryName): Promise<void>
  /** The Repository, made now if need be. @param branch what is pushed first. @throws Refusal */
  admit(repository: RepositoryName, branch: string): Promise<Repository>
}

const mainBranches = ['main', 'master', 'trunk']

const ignoreExisting = (error: unknown) => {
  if (!isStatus(error, 'AlreadyExists')) throw error
}

export function admission(api: Api, autoCreate: boolean): Admission {
  const orUnavailable = <T>(work: Promise<T>): Promise<T> =>
    work.catch(error => {
      if (error instanceof Refusal) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new Refusal(503, 'Unavailable', `the push cannot be taken now: ${why}. Nothing was changed; push again in a moment`)
    })

  async function missing({ namespace, name }: RepositoryName): Promise<Refusal | undefined> {
    const space = await api.find(k8s.Namespace, { name: namespace })
    if (space?.metadata.deletionTimestamp) return new Refusal(403, 'NotFound', `namespace "${namespace}" is being deleted`)
    if (autoCreate) return undefined
    if (!space)
      return new Refusal(
        404,
        'NotFound',
        `namespace "${namespace}" does not exist. Create it: kubectl create namespace ${namespace}`,
      )
    const manifest = `{apiVersion: slipway.dev/v1alpha1, kind: Repository, metadata: {name: ${name}}, spec: {}}`
    return new Refusal(
      404,
      'NotFound',
      `namespace "${namespace}" has no Repository "${name}". Create it: echo '${manifest}' | kubectl -n ${namespace} apply -f -`,
    )
  }

  return {
    check: repository =>
      orUnavailable(
        (async () => {
          checkNames(repository)
          if (await api.find(Repository, repository)) return
          const refusal = await missing(repository)
          if (refusal) throw refusal
        })(),
      ),
    admit: (repository, branch) =>
      orUnavailable(
        (async () => {
          checkNames(repository)
          const found = await api.find(Repository, repository)
          if (found) return found
          const refusal = await missing(repository)
          if (refusal) throw refusal
          const { namespace, name } = repository
          const space = objectOf(k8s.Namespace, { metadata: { name: namespace } } as never)
          await api.create(k8s.Namespace, space, { fieldManager: 'git-server' }).catch(ignoreExisting)
          const made = objectOf(Repository, {
            metadata: { name, namespace },
            // What a first push means by itself: the main branch, whatever it is called, by canary.
            spec: {
              branches: [mainBranches.includes(branch) ? branch : mainBranches[0]!],
              release: { rollout: {} },
            } as unknown as Repository['spec'],
          })
          await api.create(Repository, made, { fieldManager: 'git-server' }).catch(ignoreExisting)
          return api.get(Repository, repository)
        })(),
      ),
  }
}
