// Hands what a link carries behind "#" to the API, once somebody says so. Programs that
// look into letters open links too, and would else use them up.

const DOCUMENTS = {
  invitation: "mutation ($input: SignUpInput!) { done: signUp(input: $input) { userErrors { message } } }",
  reset: "mutation ($input: PasswordResetInput!) { done: passwordReset(input: $input) { userErrors { message } } }",
  verify: "mutation ($input: EmailVerifyInput!) { done: emailVerify(input: $input) { userErrors { message } } }",
};
const form = document.getElementById(location.pathname.split("/").pop());
const said = document.getElementById("said");

form.hidden = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  form.querySelector("[type=hidden]").value = location.hash.slice(1);
  said.textContent = "One moment …";
  said.textContent = await outcome(Object.fromEntries(new FormData(form)));
});

async function outcome(input) {
  try {
    const answer = await fetch("../graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: DOCUMENTS[form.id], variables: { input } }),
    });
    const { data, errors } = await answer.json();
    const [error] = errors ?? data.done.userErrors;
    if (error) return `That did not work: ${error.message}.`;
    form.hidden = true;
    return form.dataset.done;
  } catch {
    return "The server cannot be reached. Try again in a moment.";
  }
}
