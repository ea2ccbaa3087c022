// Sends what waits in the browser from an earlier page. It draws nothing.
export default function ({ data }) {
  saving.use(data.api);
}
