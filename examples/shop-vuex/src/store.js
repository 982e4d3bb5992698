import { createStore } from 'vuex'

// The names are as in many an app: none of them may collide with what a plugin brings.
export const store = createStore({
  strict: true,
  modules: {
    session: {
      namespaced: true,
      state: () => ({ customer: null }),
      mutations: {
        signedIn(state, customer) {
          state.customer = customer
        },
      },
    },
    settings: {
      namespaced: true,
      state: () => ({ currency: 'EUR' }),
    },
    cart: {
      namespaced: true,
      state: () => ({ items: 2 }),
      mutations: {
        add(state) {
          state.items += 1
        },
      },
    },
  },
})
