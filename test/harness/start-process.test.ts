import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { freePort } from './free-port.ts'
import { openScope, type Scope } from './scope.ts'
import { startProcess } from './start-process.ts'

const program = (source: string) => ({ command: process.execPath, args: ['-e', source] })

describe('startProcess', () => {
  let scope: Scope
  let logFile: string
  beforeEach(async () => {
    scope = openScope()
    logFile = join(await scope.folder(), 'log')
  })
  afterEach(() => scope.close())

  it('waits until the program serves, and for its end', async () => {
    const port = await freePort()
    const running = await startProcess({
      ...program(`require('http').createServer((_, r) => r.end('yes')).listen(${port}, '127.0.0.1')`),
      logFile,
      ready: async () => (await fetch(`http://127.0.0.1:${port}`)).ok,
    })
    expect(existsSync(`/proc/${running.pid}`) || process.platform !== 'linux').to.equal(true)
    await running.stop()
    expect(await running.exited).to.deep.equal({ code: null, signal: 'SIGTERM' })
  })

  it('ends one that does not want to', async () => {
    const mark = join(logFile, '..', 'mark')
    const running = await startProcess({
      ...program(
        `process.on('SIGTERM', () => {}); require('fs').writeFileSync(${JSON.stringify(mark)}, ''); setInterval(() => {}, 1000)`,
      ),
      logFile,
      ready: async () => existsSync(mark),
    })
    await running.stop('SIGTERM', 100)
    expect((await running.exited).signal).to.equal('SIGKILL')
  })

  it('tells the last words of one that ends at start', async () => {
    const failed = await startProcess({
      ...program(`console.error('port taken'); process.exit(3)`),
      logFile,
      ready: async () => false,
    }).catch((e: Error) => e.message)
    expect(failed).to.include('exit code 3').and.to.include('port taken')
  })

  it('refuses a program that is not there', async () => {
    const failed = await startProcess({ command: '/nowhere/program', logFile, ready: async () => false }).catch(
      (e: Error) => e.message,
    )
    expect(failed).to.include('program')
  })
})
