import { silentLog } from '@slipway/core/observe'
import { expect } from 'chai'
import { dashboardServer } from './server.ts'

describe('dashboard server', () => {
  let base = ''
  let close = async () => {}
  before(async () => {
    const server = await dashboardServer({
      host: '127.0.0.1',
      port: 0,
      token: 'right',
      page: async () => 'the page',
      log: silentLog,
    })
    base = `http://127.0.0.1:${server.port}`
    close = server.close
  })
  after(() => close())

  const cases = [
    { name: 'nobody without the token', path: '/', cookie: '', status: 401 },
    { name: 'nobody with a wrong token', path: '/?token=wrong', cookie: '', status: 401 },
    { name: 'nobody with a wrong cookie', path: '/', cookie: 'slipway-dashboard=wrong', status: 401 },
    { name: 'whoever has the cookie', path: '/', cookie: 'a=b; slipway-dashboard=right', status: 200 },
    { name: 'no other path', path: '/etc', cookie: 'slipway-dashboard=right', status: 404 },
  ]
  for (const { name, path, cookie, status } of cases)
    it(`answers ${name}: ${status}`, async () =>
      expect((await fetch(base + path, { headers: { cookie }, redirect: 'manual' })).status).to.equal(status))

  it('turns the token of the address into a cookie', async () => {
    const response = await fetch(`${base}/?token=right`, { redirect: 'manual' })
    expect(response.status).to.equal(303)
    expect(response.headers.get('set-cookie')).to.match(/^slipway-dashboard=right; HttpOnly; SameSite=Strict/)
  })
})
