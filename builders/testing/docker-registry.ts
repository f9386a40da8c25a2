/** Debian's docker-registry as a second opinion, in a folder of its own on a free port. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from './temporary.ts'

export interface DockerRegistry {
  host: string
  stop(): Promise<void>
}

/** @returns why it cannot be started here */
export function missingDockerRegistry(): string | undefined {
  try {
    execFileSync('docker-registry', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'docker-registry is not installed'
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Tries until something accepts a connection. */
async function accepting(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error(`docker-registry ended with ${child.exitCode}`)
}

export async function startDockerRegistry(): Promise<DockerRegistry> {
  const root = await temporaryFolder('docker-registry')
  const port = await freePort()
  const config = `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${root}/data}, delete: {enabled: true}}\nhttp: {addr: '127.0.0.1:${port}'}\n`
  await writeFile(join(root, 'config.yml'), config)
  const child = spawn('docker-registry', ['serve', join(root, 'config.yml')], { stdio: 'ignore' })
  await accepting(port, child).catch(async error => {
    await removeFolder(root)
    throw error
  })
  return {
    host: `registry.localhost:${port}`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await removeFolder(root)
    },
  }
}
