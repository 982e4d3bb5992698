// The shop's own backend. It knows who is signed in, and makes a short token for that person (docs/integration.md).
const SHOP = import.meta.env.VITE_SHOP ?? 'http://localhost:8788'

/** Herald's gateway. */
export const GATEWAY = import.meta.env.VITE_GATEWAY ?? 'http://localhost:8787'

/** A token for Herald of whoever is signed in to the shop; null: nobody is. */
export const fetchHeraldToken = async () => (await ask('GET', '/herald-token')).token

/** The name of whoever is signed in to the shop; null: nobody is. */
export const fetchCustomer = async () => (await ask('GET', '/session')).customer

export const signIn = (customer) => ask('POST', '/session', { customer })

export const signOut = () => ask('POST', '/session', { customer: null })

function ask(method, path, data) {
  return new Promise((resolve, reject) => {
    uni.request({
      method,
      url: SHOP + path,
      data,
      success: ({ statusCode, data: answer }) => {
        if (statusCode === 200) resolve(answer)
        else reject(new Error(`the shop answers ${statusCode}`))
      },
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}
