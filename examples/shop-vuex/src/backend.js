// The shop's own backend. It knows who is signed in, and makes a short token for that person (docs/integration.md).
const SHOP = import.meta.env.VITE_SHOP ?? 'http://localhost:8788'

/** Herald's gateway. */
export const GATEWAY = import.meta.env.VITE_GATEWAY ?? 'http://localhost:8787'

/** A token for Herald of whoever is signed in to the shop; null: nobody is. */
export function fetchHeraldToken() {
  return new Promise((resolve, reject) => {
    uni.request({
      url: `${SHOP}/herald-token`,
      success: ({ statusCode, data }) => {
        if (statusCode === 200) resolve(data.token)
        else reject(new Error(`the shop answers ${statusCode}`))
      },
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}
