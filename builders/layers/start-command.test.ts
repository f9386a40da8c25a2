import { expect } from 'chai'
import { commandOf, nodeCommand, procfileCommand, splitCommand } from './start-command.ts'

describe('start command', () => {
  const split: [string, string[] | undefined, Record<string, string>?][] = [
    ['node server.js', ['node', 'server.js']],
    ['node  "my file.js" --x=\'a b\'', ['node', 'my file.js', '--x=a b']],
    ['NODE_ENV=staging PORT="1 2" node x', ['node', 'x'], { NODE_ENV: 'staging', PORT: '1 2' }],
    ['node a=b', ['node', 'a=b']],
    ['node a\\ b', ['node', 'a b']],
    ['node x || true', undefined],
    ['node $FILE', undefined],
    ['node "$FILE"', undefined],
    ['node *.js', undefined],
    ["node 'open", undefined],
    ['A=1', undefined],
  ]
  for (const [line, words, env = {}] of split)
    it(`splits ${line}`, () => expect(splitCommand(line)).to.deep.equal(words && { entrypoint: words, env }))

  it('gives the rest to a shell, which the program replaces where it can', () => {
    expect(commandOf('node $X').entrypoint).to.deep.equal(['/bin/sh', '-c', 'exec node $X'])
    expect(commandOf('a && b').entrypoint).to.deep.equal(['/bin/sh', '-c', 'a && b'])
  })

  const has =
    (...files: string[]) =>
    (path: string) =>
      files.includes(path)
  const node = [
    { name: 'its start script', given: { scripts: { start: 'node app.js' } }, files: ['index.js'], want: ['node', 'app.js'] },
    { name: 'a tool as start script', given: { scripts: { start: 'next start' } }, files: [], want: ['next', 'start'] },
    { name: 'main', given: { main: './lib/run.js' }, files: ['lib/run.js', 'index.js'], want: ['node', 'lib/run.js'] },
    { name: 'main without its ending', given: { main: 'lib/run' }, files: ['lib/run.js'], want: ['node', 'lib/run.js'] },
    { name: 'main as a folder', given: { main: 'lib' }, files: ['lib/index.js'], want: ['node', 'lib/index.js'] },
    { name: 'index.js', given: {}, files: ['server.js', 'index.js'], want: ['node', 'index.js'] },
    { name: 'server.js', given: {}, files: ['server.js'], want: ['node', 'server.js'] },
  ]
  for (const { name, given, files, want } of node)
    it(`of a package is ${name}`, () => expect(nodeCommand(given, has(...files)).entrypoint).to.deep.equal(want))
  it('is asked for when there is none', () =>
    expect(() => nodeCommand({ main: 'gone.js' }, has()))
      .to.throw(/no "start" script, its "main" \(gone\.js\) does not exist.*web: COMMAND/)
      .with.property('reason', 'NoStartCommand'))

  it('of a Procfile is that of its web process', () => {
    expect(procfileCommand('worker: x\nweb:  node a.js \n')).to.equal('node a.js')
    expect(procfileCommand('worker: x')).to.equal(undefined)
  })
})
