namespace Mesh.Inference;

/// <summary>A model, adapter or the native library cannot be used; the message is for people.</summary>
public sealed class ModelLoadException(string message, Exception? inner = null) : Exception(message, inner);
