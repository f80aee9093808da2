"""The operators that an ONNX model may use: arithmetic that ends, and no chance."""

OPSETS = {"": (7, 28), "ai.onnx": (7, 28), "ai.onnx.ml": (1, 6)}
"""Their domains, and which versions of each are accepted."""

GENERAL = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
    BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
    Cast CastLike Ceil Celu CenterCropPad Clip Compress Concat Constant ConstantOfShape
    Conv ConvInteger ConvTranspose Cos Cosh CumSum
    DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear
    Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor
    GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool
    GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization
    HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN
    LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg NonMaxSuppression NonZero Not
    OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear
    RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare Relu Reshape Resize ReverseSequence RotaryEmbedding Round
    ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice
    Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze StringConcat
    StringNormalizer StringSplit Sub Sum Swish Tan Tanh TfIdfVectorizer
    ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
"""
LEARNT = """
    ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer
    FeatureVectorizer Imputer LabelEncoder LinearClassifier LinearRegressor Normalizer
    OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier
    TreeEnsembleRegressor ZipMap
"""
OPERATORS = {
    "": frozenset(GENERAL.split()),
    "ai.onnx": frozenset(GENERAL.split()),
    "ai.onnx.ml": frozenset(LEARNT.split()),
}
"""By domain."""

ALGORITHMS = {
    "LinearClassifier": "linear_classifier",
    "LinearRegressor": "linear_regressor",
    "SVMClassifier": "support_vector_classifier",
    "SVMRegressor": "support_vector_regressor",
    "TreeEnsemble": "tree_ensemble",
    "TreeEnsembleClassifier": "tree_ensemble_classifier",
    "TreeEnsembleRegressor": "tree_ensemble_regressor",
    "Attention": "transformer",
    "LSTM": "recurrent_network",
    "GRU": "recurrent_network",
    "RNN": "recurrent_network",
    "Conv": "convolutional_network",
    "Gemm": "neural_network",
    "MatMul": "neural_network",
}
"""What an operator says of the model that has it, the most telling first."""
