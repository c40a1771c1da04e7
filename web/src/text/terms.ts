/* Field terms: a name in the API, the word on the page, and one line that explains it. */
import { words } from ".";

interface Term {
  word: string;
  line: string;
}

export const component = words<Record<string, Term>>({
  en: {
    weights: { word: "weights", line: "The parameters as they are stored on the device." },
    adapters: { word: "adapters", line: "LoRA and its kin, beside the weights." },
    kv_cache: { word: "KV cache", line: "Keys and values of every token that attention may look back at." },
    state: { word: "recurrent state", line: "What linear attention, Mamba and convolutions carry from token to token." },
    activations: { word: "activations", line: "Intermediate results of a pass." },
    output: { word: "logits", line: "Scores over the vocabulary before sampling." },
    logits: { word: "logits", line: "Scores over the vocabulary and what the loss keeps of them." },
    gradients: { word: "gradients", line: "One for each trainable parameter." },
    master: { word: "master weights", line: "The float32 copy that mixed precision updates." },
    optimizer: { word: "optimizer states", line: "Moments and what else the optimizer keeps for each trainable parameter." },
    host_states: { word: "states on the host", line: "Kept in the machine's own memory, not on the card." },
    reference: { word: "reference model", line: "The frozen model that the trained one is compared with." },
    draft: { word: "draft model", line: "The small model that proposes tokens." },
    graphs: { word: "CUDA graphs", line: "Recorded launches and the memory they pin." },
    runtime: { word: "runtime", line: "The driver's context, libraries, the allocator's slack." },
    communication: { word: "communication", line: "Buffers of NCCL and its kin." },
    compute: { word: "compute buffers", line: "What the graph of a pass needs at once." },
    cache_growth: { word: "cache growth", line: "Old and new copy of a layer's cache while it grows." },
    device_bytes: { word: "bytes on the device", line: "All components of the fullest device." },
    budget: { word: "budget", line: "What may be used of a card: its memory less the reserve." },
    pool: { word: "cache pool", line: "What the engine leaves for its cache." },
    persistent_weights: { word: "undivided weights", line: "Small tensors that every rank keeps whole." },
    live_parameters: { word: "gathered weights", line: "Layers that are put together while they are computed." },
    unsharded_units: { word: "gathered units", line: "Layers that are put together while they are computed, and their gradients." },
    prefetch_bucket: { word: "prefetch buffer", line: "Weights fetched ahead of their layer." },
    reduce_bucket: { word: "reduce buffer", line: "Gradients on their way between the ranks." },
    reduce_buckets: { word: "reduce buffers", line: "Gradients on their way between the ranks." },
    allgather_bucket: { word: "gather buffer", line: "Updated weights on their way between the ranks." },
    step_gradients: { word: "gradients of the step", line: "Gradients in the type of the master weights while the optimizer steps." },
    offload_buffer: { word: "offload buffer", line: "What passes to the host's memory." },
    host_gradients: { word: "gradients on the host", line: "Kept in the machine's own memory, not on the card." },
  },
  zh: {
    weights: { word: "权重", line: "存放在设备上的参数。" },
    adapters: { word: "适配器", line: "LoRA 及同类方法，附加在权重之外。" },
    kv_cache: { word: "KV 缓存", line: "注意力可能回看的每个 token 的键和值。" },
    state: { word: "循环状态", line: "线性注意力、Mamba 与卷积逐 token 传递的内容。" },
    activations: { word: "激活值", line: "一次计算过程中的中间结果。" },
    output: { word: "logits", line: "采样之前词表上的得分。" },
    logits: { word: "logits", line: "词表上的得分，以及损失函数为其保留的内容。" },
    gradients: { word: "梯度", line: "每个可训练参数一个。" },
    master: { word: "主权重", line: "混合精度训练所更新的 float32 副本。" },
    optimizer: { word: "优化器状态", line: "优化器为每个可训练参数保存的动量等内容。" },
    host_states: { word: "主机上的状态", line: "保存在主机内存中，不占显存。" },
    reference: { word: "参考模型", line: "冻结的模型，用于与训练中的模型对比。" },
    draft: { word: "草稿模型", line: "提出候选 token 的小模型。" },
    graphs: { word: "CUDA 图", line: "录制的内核启动及其占住的显存。" },
    runtime: { word: "运行时", line: "驱动上下文、各种库、分配器的余量。" },
    communication: { word: "通信", line: "NCCL 等的缓冲区。" },
    compute: { word: "计算缓冲区", line: "一次计算的图同时需要的内存。" },
    cache_growth: { word: "缓存扩张", line: "缓存扩张时某层新旧两份并存。" },
    device_bytes: { word: "设备占用", line: "最满设备上的所有组成。" },
    budget: { word: "预算", line: "单卡可用的部分：显存减去余量。" },
    pool: { word: "缓存池", line: "引擎留给缓存的部分。" },
    persistent_weights: { word: "未分片权重", line: "每个进程完整保存的小张量。" },
    live_parameters: { word: "聚合的权重", line: "计算时聚合起来的层。" },
    unsharded_units: { word: "聚合的单元", line: "计算时聚合起来的层及其梯度。" },
    prefetch_bucket: { word: "预取缓冲区", line: "提前取来的权重。" },
    reduce_bucket: { word: "归约缓冲区", line: "在进程间传递的梯度。" },
    reduce_buckets: { word: "归约缓冲区", line: "在进程间传递的梯度。" },
    allgather_bucket: { word: "聚合缓冲区", line: "在进程间传递的更新后权重。" },
    step_gradients: { word: "更新时的梯度", line: "优化器更新时按主权重类型保存的梯度。" },
    offload_buffer: { word: "卸载缓冲区", line: "传往主机内存的内容。" },
    host_gradients: { word: "主机上的梯度", line: "保存在主机内存中，不占显存。" },
  },
});

export function componentWord(name: string): string {
  return component()[name]?.word ?? name.replace(/_/g, " ");
}

/* How sure a figure is: a mark, a word, a line. */
export const basis = words<Record<string, Term & { mark: string }>>({
  en: {
    exact: { mark: "●", word: "exact", line: "Counted from real shapes." },
    stored: { mark: "●", word: "stored", line: "As the checkpoint stores it." },
    engine: { mark: "◐", word: "engine rule", line: "What the engine's own code allocates." },
    measured: { mark: "○", word: "measured", line: "Readings of real runs." },
    heuristic: { mark: "~", word: "heuristic", line: "A published approximation, with its interval." },
    assumed: { mark: "?", word: "assumed", line: "Not given, so a usual value stands for it." },
  },
  zh: {
    exact: { mark: "●", word: "精确", line: "按真实形状逐一计数。" },
    stored: { mark: "●", word: "已存储", line: "与检查点中的存储一致。" },
    engine: { mark: "◐", word: "引擎规则", line: "按引擎自身代码的分配方式。" },
    measured: { mark: "○", word: "实测", line: "来自真实运行的读数。" },
    heuristic: { mark: "~", word: "经验估计", line: "已发表的近似，附区间。" },
    assumed: { mark: "?", word: "假定", line: "未给出，以常用值代替。" },
  },
});

export const group = words<Record<string, string>>({
  en: {
    embedding: "embedding", attention: "attention", mlp: "MLP", router: "router", routed_expert: "routed experts",
    shared_expert: "shared experts", norm: "norms", head: "output head", vision: "vision tower", audio: "audio tower",
    state_space: "state space", convolution: "convolutions", mtp: "prediction layers", projector: "projector", other: "other",
  },
  zh: {
    embedding: "词嵌入", attention: "注意力", mlp: "MLP", router: "路由", routed_expert: "路由专家",
    shared_expert: "共享专家", norm: "归一化", head: "输出头", vision: "视觉塔", audio: "音频塔",
    state_space: "状态空间", convolution: "卷积", mtp: "预测层", projector: "投影层", other: "其他",
  },
});

export function groupWord(name: string): string {
  return group()[name] ?? name.replace(/_/g, " ");
}

/* As the engines' own projects write their names. */
const ENGINES: Readonly<Record<string, string>> = {
  vllm: "vLLM", sglang: "SGLang", tensorrt_llm: "TensorRT-LLM", llama_cpp: "llama.cpp", transformers: "Transformers",
};

export function engineTitle(name: string): string {
  return ENGINES[name.replace(/[-.]/g, "_")] ?? name;
}
