//! From training set to evaluated model; sole home of the tensor library.
