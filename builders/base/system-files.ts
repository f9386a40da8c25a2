/** The files that every base image has: accounts, names, certificates, folders, and busybox for a shell where it is installed. */
import { access } from 'node:fs/promises'
import { runProgram } from '../step/run-program.ts'
import { type ImageFile, textFile } from './image-file.ts'

/** The account that applications run as. */
export const nonRoot = 65_532

const accounts: ImageFile[] = [
  textFile(
    'etc/passwd',
    `root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\nnonroot:x:${nonRoot}:${nonRoot}:nonroot:/home/nonroot:/bin/sh\n`,
  ),
  textFile('etc/group', `root:x:0:\nnobody:x:65534:\nnonroot:x:${nonRoot}:\n`),
  textFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
]
const folders: ImageFile[] = [
  { path: 'tmp', directory: true, mode: 0o1777 },
  { path: 'var/tmp', directory: true, mode: 0o1777 },
  { path: 'root', directory: true, mode: 0o700 },
  { path: 'home/nonroot', directory: true, mode: 0o700, uid: nonRoot },
  // Dockerfiles on these bases run their commands as this account too.
  { path: 'app', directory: true, uid: nonRoot },
  ...['dev', 'proc', 'sys', 'run'].map(path => ({ path, directory: true }) as const),
]

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const certificates = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/** Tools that scripts look for below /usr/bin. */
const inUsr = [
  'env',
  'awk',
  'id',
  'dirname',
  'basename',
  'tr',
  'sort',
  'head',
  'tail',
  'wc',
  'cut',
  'expr',
  'test',
  'which',
  'xargs',
  'find',
]

async function busyboxFiles(busybox: string): Promise<ImageFile[]> {
  const { stdout } = await runProgram(busybox, ['--list'])
  const applets = stdout.split('\n').filter(name => /^[\w[.-]+$/.test(name) && name !== 'busybox')
  return [
    { path: 'bin/busybox', from: busybox, mode: 0o755 },
    ...applets.map(name => ({ path: `bin/${name}`, link: 'busybox' })),
    ...inUsr.filter(name => applets.includes(name)).map(name => ({ path: `usr/bin/${name}`, link: '../../bin/busybox' })),
  ]
}

/** @returns the files, and what this machine lacked */
export async function systemFiles(): Promise<{ files: ImageFile[]; missing: string[] }> {
  const busybox = '/bin/busybox'
  const hasShell = await exists(busybox)
  let bundle: string | undefined
  for (const candidate of certificates) if (!bundle && (await exists(candidate))) bundle = candidate
  return {
    files: [
      ...accounts,
      ...folders,
      ...(bundle ? [{ path: 'etc/ssl/certs/ca-certificates.crt', from: bundle, mode: 0o644 }] : []),
      ...(hasShell ? await busyboxFiles(busybox) : []),
    ],
    missing: [
      ...(hasShell ? [] : ['busybox-static (the images have no shell)']),
      ...(bundle ? [] : ['ca-certificates (TLS in the images finds no authorities)']),
    ],
  }
}
