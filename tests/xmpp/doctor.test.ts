import { expect, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../e2e/gateway-process'
import { runProgram } from '../../gateway/cli/program'
import { QUIET } from '../gateway/cli/program'
import { until } from '../gateway/process/until'
import { describeOnBoth } from './both-servers'
import { chatServerFile, checkOf, connected } from './stage'

/** What `herald doctor xmpp` says of a gateway. */
async function doctor(gateway: GatewayProcess) {
  let said = ''
  const code = await runProgram(['doctor', 'xmpp'], {
    ...QUIET,
    env: { LANG: 'en_US.UTF-8', HERALD_URL: gateway.url, HERALD_TOKEN: gateway.adminToken },
    write: (text) => (said += text),
    complain: (text) => (said += text),
  })
  return { code, said }
}

describeOnBoth('herald doctor xmpp', (server) => {
  const start = async (changes: object = {}): Promise<GatewayProcess> => {
    const gateway = await startGateway({ HERALD_XMPP_FILE: chatServerFile(server, changes) })
    onTestFinished(() => gateway.dispose())
    return gateway
  }
  const ends = (gateway: GatewayProcess) =>
    until(
      () => checkOf(gateway),
      (check) => check?.end !== null,
      'the connection ended',
      60_000,
    )

  it('says that all is well', async () => {
    const gateway = await start()
    await connected(gateway)
    expect(await doctor(gateway)).toMatchObject({ code: 0, said: expect.stringContaining('works since') })
  })

  it('says that the secret is wrong', async () => {
    const gateway = await start({ secret: 'another' })
    await ends(gateway)
    const { code, said } = await doctor(gateway)
    expect(code).toBe(1)
    expect(said).toContain('the secret is not the one')
    expect(JSON.stringify(gateway.log)).not.toContain('another')
  })

  it('says that the server has no component of this name', async () => {
    const gateway = await start({ name: 'unknown.localhost' })
    await ends(gateway)
    expect((await doctor(gateway)).said).toMatch(/no component of this name|the secret is not the one/)
  })
})
