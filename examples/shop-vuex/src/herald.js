import { createHerald } from './uni_modules/herald-inbox'
import { fetchHeraldToken, GATEWAY } from './backend'
import { store } from './store'

export const herald = createHerald({
  server: GATEWAY,
  token: fetchHeraldToken,
  namespace: 'shop',
  store,
  routes: { inbox: '/pages/messages/messages' },
  onOpen({ message }) {
    const order = message?.data?.order
    if (order === undefined) return false
    uni.navigateTo({ url: `/pages/order/order?id=${order}` })
    return true
  },
})
