/** Routes of the git server: /NAMESPACE/NAME.git and git's three paths below it. */
import type { Log } from '@slipway/core/observe'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { checkNames, Refusal } from '../admission.ts'
import { ProtocolError } from '../protocol/pkt-line.ts'
import type { RepositoryName } from '../repositories.ts'
import { advertise, isService } from './advertise.ts'
import type { Authenticate, User } from './authenticate.ts'
import { type ReceivePackOptions, receivePack } from './receive-pack.ts'
import { uploadPack } from './upload-pack.ts'

export interface GitAppOptions extends ReceivePackOptions {
  authenticate: Authenticate
  log: Log
}

const nameOf = ({ params: { namespace, name } }: Request<{ namespace: string; name: string }>): RepositoryName => {
  const repository = { namespace, name: name.replace(/\.git$/, '') }
  checkNames(repository)
  return repository
}

export function gitApp(options: GitAppOptions): Express {
  const { repositories, admission, authenticate, log } = options
  const receive = receivePack(options)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  app.get('/', (_request, response) => {
    response.type('text/plain').send('Slipway git server: git push http://HOST:PORT/NAMESPACE/NAME.git BRANCH\n')
  })
  app.get('/healthz', (_request, response) => {
    response.type('text/plain').send('ok')
  })

  const user = async (request: Request<{ namespace: string; name: string }>): Promise<User> => {
    const found = await authenticate(request)
    if (!found) throw new Refusal(401, 'Unauthorized', 'the git server wants a token: give it as the password')
    return found
  }
  /** Of a repository that must be there. */
  const dirOf = async (repository: RepositoryName): Promise<string> => {
    if (await repositories.exists(repository)) return repositories.dir(repository)
    throw new Refusal(
      404,
      'NotFound',
      `there is no repository ${repository.namespace}/${repository.name}; it is made by the first push`,
    )
  }

  app.get('/:namespace/:name/info/refs', async (request, response) => {
    const repository = nameOf(request)
    const { service } = request.query
    await user(request)
    if (!isService(service))
      throw new Refusal(403, 'BadRequest', 'this server speaks only the smart protocol; use git 1.7 or newer')
    let dir: string
    if (service === 'git-upload-pack') dir = await dirOf(repository)
    else {
      await admission.check(repository)
      dir = (await repositories.exists(repository)) ? repositories.dir(repository) : await repositories.emptyDir()
    }
    const protocol = request.header('git-protocol')
    const refs = await advertise(service, dir, protocol)
    response.set('cache-control', 'no-cache').type(`application/x-${service}-advertisement`).send(refs)
  })
  app.post('/:namespace/:name/git-upload-pack', async (request, response) => {
    const repository = nameOf(request)
    await user(request)
    await uploadPack(await dirOf(repository), request, response, log)
  })
  app.post('/:namespace/:name/git-receive-pack', async (request, response) => {
    const repository = nameOf(request)
    await receive(repository, request, response, await user(request))
  })

  app.use((request, response) => {
    response.status(404).type('text/plain').send(`no such path: ${request.path}\n`)
  })
  // git shows the body of a refusal to the person, if it is plain text.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) {
      if (!response.destroyed) log.warn({ err: error, path: request.path }, 'a push broke off')
      response.destroy()
      return
    }
    const refusal =
      error instanceof Refusal
        ? error
        : error instanceof ProtocolError
          ? new Refusal(400, 'BadRequest', error.message)
          : undefined
    if (!refusal) log.error({ err: error, path: request.path }, 'git server')
    if (refusal?.status === 401) response.set('www-authenticate', 'Basic realm="slipway"')
    response
      .status(refusal?.status ?? 500)
      .type('text/plain')
      .send(`${refusal?.message ?? 'the git server failed; its log says more'}\n`)
  })
  return app
}
