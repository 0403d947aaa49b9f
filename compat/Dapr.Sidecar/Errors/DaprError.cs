namespace Dapr.Sidecar.Errors;

/// <summary>An answer in daprd's error form: <c>{"errorCode","message"}</c>.</summary>
internal sealed class DaprError(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string Code { get; } = code;

    public IResult Result => Results.Json(new { errorCode = Code, message = Message }, statusCode: Status);

    public static DaprError BadRequest(string code, string message) => new(400, code, message);
}
