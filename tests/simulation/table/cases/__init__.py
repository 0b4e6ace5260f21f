"""What the vectors are about, by subject: the questions. `build_vectors` asks the engines for the answers."""
