// The box of languages. What is chosen is kept in a cookie, so that it also holds where this page's session does not.
export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector("select");
  const keep = (code) => {
    document.cookie = `${data.cookie}=${code}; path=/; max-age=31536000; samesite=strict`;
  };
  box.setAttribute("aria-label", data.label);
  box.title = data.label;
  box.replaceChildren(
    ...data.languages.map(({ code, name, tag }) => {
      const option = document.createElement("option");
      option.value = code;
      option.textContent = name;
      option.lang = tag;
      return option;
    }),
  );
  box.value = data.code;
  box.onchange = () => {
    keep(box.value);
    setTriggerValue("chosen", box.value);
  };
  if (data.keep) keep(data.code);
  document.documentElement.lang = data.tag;
}
