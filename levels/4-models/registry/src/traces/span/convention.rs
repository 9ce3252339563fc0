//! Which attributes other conventions use for what MLflow has words for.

/// One convention.
#[derive(Debug)]
pub(super) struct Convention {
    pub(super) kind_key: Option<&'static str>,
    pub(super) kinds: &'static [(&'static str, &'static str)],
    pub(super) input_tokens: Option<&'static str>,
    pub(super) output_tokens: Option<&'static str>,
    pub(super) total_tokens: Option<&'static str>,
    pub(super) cache_read_tokens: Option<&'static str>,
    pub(super) cache_write_tokens: &'static [&'static str],
    /// A `#` stands for a number.
    pub(super) inputs: &'static [&'static str],
    pub(super) outputs: &'static [&'static str],
    pub(super) models: &'static [&'static str],
    pub(super) provider: Option<&'static str>,
}

const NONE: Convention = Convention {
    kind_key: None,
    kinds: &[],
    input_tokens: None,
    output_tokens: None,
    total_tokens: None,
    cache_read_tokens: None,
    cache_write_tokens: &[],
    inputs: &[],
    outputs: &[],
    models: &[],
    provider: None,
};

/// The first that says something is believed.
pub(super) const CONVENTIONS: [Convention; 4] = [OPEN_INFERENCE, GEN_AI, TRACELOOP, GOOGLE_ADK];

/// <https://github.com/Arize-ai/openinference/tree/main/python/openinference-semantic-conventions>
const OPEN_INFERENCE: Convention = Convention {
    kind_key: Some("openinference.span.kind"),
    kinds: &[
        ("TOOL", "TOOL"),
        ("CHAIN", "CHAIN"),
        ("LLM", "LLM"),
        ("RETRIEVER", "RETRIEVER"),
        ("EMBEDDING", "EMBEDDING"),
        ("AGENT", "AGENT"),
        ("RERANKER", "RERANKER"),
        ("UNKNOWN", "UNKNOWN"),
        ("GUARDRAIL", "GUARDRAIL"),
        ("EVALUATOR", "EVALUATOR"),
    ],
    input_tokens: Some("llm.token_count.prompt"),
    output_tokens: Some("llm.token_count.completion"),
    total_tokens: Some("llm.token_count.total"),
    cache_read_tokens: Some("llm.token_count.prompt_details.cache_read"),
    cache_write_tokens: &["llm.token_count.prompt_details.cache_write"],
    inputs: &["input.value"],
    outputs: &["output.value"],
    models: &["llm.response.model_name", "llm.model_name", "llm.request.model_name", "embedding.model_name"],
    provider: Some("llm.provider"),
};

/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/>
const GEN_AI: Convention = Convention {
    kind_key: Some("gen_ai.operation.name"),
    kinds: &[
        ("chat", "CHAT_MODEL"),
        ("create_agent", "AGENT"),
        ("embeddings", "EMBEDDING"),
        ("execute_tool", "TOOL"),
        ("generate_content", "LLM"),
        ("invoke_agent", "AGENT"),
        ("text_completion", "LLM"),
        ("response", "LLM"),
    ],
    input_tokens: Some("gen_ai.usage.input_tokens"),
    output_tokens: Some("gen_ai.usage.output_tokens"),
    total_tokens: None,
    cache_read_tokens: Some("gen_ai.usage.cache_read.input_tokens"),
    cache_write_tokens: &["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"],
    inputs: &["gen_ai.input.messages", "gen_ai.tool.call.arguments"],
    outputs: &["gen_ai.output.messages", "gen_ai.tool.call.result"],
    models: &["gen_ai.response.model", "gen_ai.request.model"],
    provider: Some("gen_ai.provider.name"),
};

/// <https://github.com/traceloop/openllmetry>
const TRACELOOP: Convention = Convention {
    kind_key: Some("traceloop.span.kind"),
    kinds: &[("workflow", "WORKFLOW"), ("task", "TASK"), ("agent", "AGENT"), ("tool", "TOOL"), ("unknown", "UNKNOWN")],
    input_tokens: Some("gen_ai.usage.prompt_tokens"),
    output_tokens: Some("gen_ai.usage.completion_tokens"),
    total_tokens: Some("llm.usage.total_tokens"),
    inputs: &["traceloop.entity.input", "gen_ai.prompt.#.content", "gen_ai.completion.#.tool_calls.#.arguments"],
    outputs: &["traceloop.entity.output", "gen_ai.completion.#.content"],
    provider: Some("gen_ai.system"),
    ..NONE
};

/// <https://github.com/google/adk-python>
const GOOGLE_ADK: Convention = Convention {
    inputs: &["gcp.vertex.agent.llm_request", "gcp.vertex.agent.tool_call_args"],
    outputs: &["gcp.vertex.agent.llm_response", "gcp.vertex.agent.tool_response"],
    ..NONE
};
