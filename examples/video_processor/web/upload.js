// Sends a form with a file, and tells how far it is. By XMLHttpRequest: fetch does not say what has been sent.

/**
 * @param onProgress  (sent, total, bytes per second)
 * @return  {sent: a promise of the server's answer, stop()}; an Error's message is for people
 */
export function upload(url, form, onProgress) {
  const request = new XMLHttpRequest();
  const began = performance.now();
  const sent = new Promise((resolve, reject) => {
    const fail = (message) => reject(new Error(message));
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      onProgress(loaded, total, (1000 * loaded) / Math.max(1, performance.now() - began));
    });
    request.addEventListener('error', () => fail('The upload broke off. Is the server still running?'));
    request.addEventListener('abort', () => fail('The upload was cancelled.'));
    request.addEventListener('load', () => {
      const answer = request.response;
      if (request.status === 202 && answer?.job_id) resolve(answer);
      else fail(answer?.error || `The server answered ${request.status}.`);
    });
  });
  request.open('POST', url);
  request.responseType = 'json';
  request.send(form);
  return { sent, stop: () => request.abort() };
}
