using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Invocation;

/// <summary>A call from app to app, whichever way it came in.</summary>
internal static class AppCalls
{
    private const int Tries = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="request">Made anew for each try.</param>
    /// <param name="read">What becomes of the response.</param>
    /// <param name="maySpeak">A fault can still be told to the caller.</param>
    /// <exception cref="DaprError">No replica took the call, or the one that did broke off.</exception>
    public static async Task<T> InvokeAsync<T>(
        string appId, Func<AppInstance, HttpRequestMessage> request, Func<HttpResponseMessage, Task<T>> read, Func<bool> maySpeak, AppRegistry apps, CancellationToken cancellationToken)
    {
        var fault = "no host found with the given ID";
        for (var tries = 0; tries < Tries && apps.Pick(appId) is { } app; tries++)
        {
            // Refused: the process is gone and saw nothing. Its replica may be there, or its successor in a second.
            if (tries > 0 && !app.IsUp)
                await Task.Delay(Pause, cancellationToken);
            using var message = request(app);
            try
            {
                using var response = await app.SendAsync(message, cancellationToken);
                return await read(response);
            }
            catch (HttpRequestException refused) when (refused.HttpRequestError == HttpRequestError.ConnectionError)
            {
                fault = refused.Message;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException && maySpeak())
            {
                fault = (broken as BodyTooLarge ?? broken.InnerException as BodyTooLarge ?? broken).Message;
                break;
            }
        }
        throw Fault(appId, fault);
    }

    public static DaprError Fault(string appId, string fault) => new(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {fault}");

    public static void AddNames(HttpRequestMessage request, AppInstance caller, AppInstance callee)
    {
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", caller.AppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", callee.AppId);
    }
}
